"""Tasks that stand for themselves: made, changed and taken back by their makers."""
