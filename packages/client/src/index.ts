// The public names of @tallymesh/client.
export {}
