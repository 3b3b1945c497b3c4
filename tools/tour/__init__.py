"""The main job played against a running server through its public doors only, as phones would."""
