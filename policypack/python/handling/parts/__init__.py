"""Parts of the records that code takes, by place, index or unpacking, in; those that leave others behind out."""
