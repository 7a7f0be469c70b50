/// Why an IDX file could not be read: which file, what was wanted there, what was found.
public struct IDXError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// No file at that path.
    case missing
    /// The file exists but the system would not let it be read.
    case unreadable
    /// The first four bytes are not those of an IDX file.
    case badMagic = "not an IDX file"
    /// The sizes in the header cannot be true.
    case badHeader = "impossible header"
    /// The file ends before the header says it does.
    case truncated
    /// The file goes on after the header says it ends.
    case trailingBytes = "too long"
    /// The gzip packing is broken: the stream or its checksum.
    case damagedGzip = "damaged gzip"
    /// A sound file, but not with the element type or the shape asked for.
    case unexpectedContent = "unexpected content"
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, as the caller named it.
  public let path: String
  /// What a good file would have had there.
  public let expected: String
  /// What this one has.
  public let found: String

  /// An error of a reader that builds on `IDXFile` and wants more of its content.
  public init(kind: Kind, path: String, expected: String, found: String) {
    self.kind = kind
    self.path = path
    self.expected = expected
    self.found = found
  }

  /// One line: `DIR/t10k-labels-idx1-ubyte: truncated: expected 10000 bytes of elements, found 12`.
  public var description: String {
    "\(path): \(kind.rawValue): expected \(expected), found \(found)"
  }
}
