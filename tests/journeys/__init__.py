"""Whole stories, through the public doors only."""
