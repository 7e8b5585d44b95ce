"""What a message says: bytes to message, reply text and signals with evidence. Pure: same input, same output."""
