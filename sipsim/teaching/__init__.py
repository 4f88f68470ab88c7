"""Teaching: exercises that check themselves, and messages in plain words. May import all rooms but widgets and cli."""
