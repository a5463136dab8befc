// The public names of @tallymesh/storage.
export {}
