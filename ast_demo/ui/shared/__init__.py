"""What every tab is built from, in Python and in JavaScript."""
