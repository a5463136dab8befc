// The entry of the tallymesh command.
export {}
