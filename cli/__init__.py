"""What a manager types."""
