"""Access that services write in languages of their own: Cedar and access strings in, what they newly allow out."""
