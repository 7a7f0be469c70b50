/// Why a safetensors file could not be read or written.
public struct SafetensorsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// The system would not let the file be opened, read or written.
    case system
    /// The file ends before its header says it does.
    case truncated
    /// The header is over 100 MB.
    case headerTooLarge
    /// The header is no JSON of the right form, or names something twice.
    case badHeader
    /// A dtype that tensors here cannot have.
    case badDType
    /// A shape with more elements than any file has.
    case badShape
    /// Places of tensors that overlap, leave gaps, lie outside the file or differ from the shape.
    case badOffsets
    /// An index of several files that is no JSON of the right form, or that names what is not there.
    case badIndex
    /// A name that the file does not have.
    case noSuchTensor
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, as the caller named it.
  public let path: String
  /// What is wrong with it.
  public let reason: String

  init(_ kind: Kind, _ path: String, _ reason: String) {
    (self.kind, self.path, self.reason) = (kind, path, reason)
  }

  /// One line with the file and the reason.
  public var description: String { "\(path): \(reason)" }
}

extension SafetensorsError {
  /// What went wrong below, with the file's name.
  init(_ error: FormatError, _ path: String) {
    self.init(error.kind == .system ? .system : .truncated, path, error.reason)
  }

  /// A few names for an error's text, and how many more there are.
  static func listed(_ names: [String]) -> String {
    names.prefix(12).map { JSON.quoted($0) }.joined(separator: ", ")
      + (names.count > 12 ? " and \(names.count - 12) more" : "")
  }
}
