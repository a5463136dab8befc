// A store in IndexedDB, for tabs.
export {}
