import { poisonReleasedSlabs } from '../src/spool/slab.ts'

/** Every test runs with it: bytes that are read after their slab was given back are wrong at once, not once in a while. */
poisonReleasedSlabs()
