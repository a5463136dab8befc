// A store on disk, for Node.
export {}
