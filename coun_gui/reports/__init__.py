"""Tables and figures out of a workspace: what was found, in the forms in which it is read and published."""
