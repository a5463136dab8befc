// The public names of @tallymesh/sync.
export {}
