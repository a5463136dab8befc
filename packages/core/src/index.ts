// The public names of @tallymesh/core.
export {}
