"""What the words mean: frozen records and enums every folder shares. Standard library only."""
