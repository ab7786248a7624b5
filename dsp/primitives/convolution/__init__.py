"""Long impulse responses, a block at a time."""
