"""The Learn tab: the lesson in steps, and the experiments on its cards."""
