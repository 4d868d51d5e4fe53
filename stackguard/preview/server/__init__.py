"""Pulumi's engine as a program sees it: the services that it registers resources with, in; what it registered, out."""
