"""Other ways of doing the same work, measured beside ours in the same run."""
