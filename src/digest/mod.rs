//! Floor 1: canonical bytes, hashes, buckets.
