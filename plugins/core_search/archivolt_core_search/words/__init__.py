"""What a word is: the same for what is indexed, asked for and shown. Pure, no SQL."""
