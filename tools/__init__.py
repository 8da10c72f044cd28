"""What keeps the project's tables and the files made from them; run with `python -m tools.<name>`."""
