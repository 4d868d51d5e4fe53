"""Pulumi's engine for one program: a started program comes in; the resources that it registers go out."""
