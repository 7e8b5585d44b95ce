"""Where data comes from: all network and file I/O. Hands out bytes and where to resume; interprets nothing."""
