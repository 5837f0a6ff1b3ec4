//! The allocator of every process. Messages are many short texts that one thread makes and another one drops; mimalloc is
//! made for that, and the system's spent a fifth of a rush on it.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
