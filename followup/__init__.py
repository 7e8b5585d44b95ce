"""What we owe: business time, obligations and meetings. Pure: the present and the policy are arguments."""
