"""Edits, the author's style and the writer of layout, removal, ignore comments."""
