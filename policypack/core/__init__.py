"""Core types: the policy's card, resources and outcomes; Pulumi's wire values go in, plain values come out."""
