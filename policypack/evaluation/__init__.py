"""The one loop: policies, resources and the operator's settings in; outcomes without secrets out."""
