#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The beginning of a file as memory, which the system fills page by page when it is first touched.
///
/// Writes stay in this process: a page that is written to becomes its own copy, and the file keeps its content. Where the
/// file is cut off while it is mapped, touching what is gone ends the process with the signal SIGBUS.
final class FileMapping: Sendable {
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let count: Int

  /// Nil where the system refuses, as some file systems do; the descriptor may be closed afterwards.
  init?(_ descriptor: Int32, count: Int) {
    #if canImport(Glibc)
      // Pages that are only read need no memory of ours, so none is set aside for all of them.
      let flags = MAP_PRIVATE | MAP_NORESERVE
    #else
      let flags = MAP_PRIVATE
    #endif
    guard count > 0, let base = mmap(nil, count, PROT_READ | PROT_WRITE, flags, descriptor, 0), base != MAP_FAILED
    else {
      return nil
    }
    (self.base, self.count) = (base, count)
  }

  deinit { munmap(base, count) }
}
