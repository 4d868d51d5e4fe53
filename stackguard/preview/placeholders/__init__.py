"""Values that only the cloud knows: placeholders and mock files come in; unknown values, answers and unseen resources go out."""
