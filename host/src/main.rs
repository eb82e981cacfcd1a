//! The binary `barkeep`: parse, run, exit code.

fn main() {}
