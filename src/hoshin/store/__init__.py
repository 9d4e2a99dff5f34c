"""What is kept on disk: logs as Arrow files. The only folder that knows file layouts of a workspace."""
