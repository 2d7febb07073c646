"""Find the sounds in a file: behind tags, under a header never finished, in several parts."""
