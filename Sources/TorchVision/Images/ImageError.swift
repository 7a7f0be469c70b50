/// Why a picture could not be read or written: which file, what is wrong.
public struct ImageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// The system refused.
    case system
    /// The content begins like no picture that is known here.
    case unknownFormat
    /// The file ends before the picture does.
    case truncated
    /// The file is not what its format says.
    case malformed
    /// A right file, or a mode, that nothing here reads or writes.
    case unsupported
    /// More pixels than ``Image/maxPixels``.
    case tooLarge
    /// The system has no memory left.
    case memory
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, as the caller named it; nil where there is none.
  public let path: String?
  /// What is wrong.
  public let reason: String

  init(_ kind: Kind, _ reason: String, path: String? = nil) {
    (self.kind, self.path, self.reason) = (kind, path, reason)
  }

  /// One line: `cat.jpg: truncated JPEG file: its end is missing`.
  public var description: String { (path.map { "\($0): " } ?? "") + reason }

  func at(_ path: String) -> ImageError { ImageError(kind, reason, path: path) }
}
