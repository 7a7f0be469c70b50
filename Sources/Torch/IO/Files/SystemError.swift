#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A call to the system that failed.
package struct SystemError: Error {
  /// What code may want to tell apart.
  package enum Kind: Sendable {
    /// Nothing is at that path.
    case missing
    /// There is no memory for it.
    case memory
    case other
  }

  package let kind: Kind
  /// The system's words, to stand behind "cannot be read: ".
  package let message: String

  package init(_ kind: Kind = .other, _ message: String) { (self.kind, self.message) = (kind, message) }

  /// An error number of the system's.
  package init(number: Int32) {
    let kind: Kind =
      switch number {
      case ENOENT, ENOTDIR: .missing
      case ENOMEM: .memory
      default: .other
      }
    self.init(kind, String(cString: strerror(number)))
  }

  /// What the last failed call left.
  package static var last: SystemError { SystemError(number: errno) }
}

extension Error {
  /// Why something failed: the system's words where it was the system.
  package var systemMessage: String { (self as? SystemError)?.message ?? "\(self)" }
}
