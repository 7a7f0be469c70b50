/// Why a file could not be fetched.
public struct HubError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// A text that is no URL, of a scheme that is not read here, or one that gives no name for the file.
    case badURL
    /// No connection to the host, or none that holds.
    case unreachable
    /// The host answered, but not with the file.
    case http
    /// The file came with another length than was announced.
    case wrongLength
    /// The file came whole, but its SHA-256, or its MD5, is another one.
    case wrongHash
    /// The system would not let a file be read or written here.
    case system
  }

  /// The kind of trouble.
  public let kind: Kind
  /// What was asked for, as the caller wrote it.
  public let url: String
  /// The status of the host's answer, where it is the trouble: 404 for a file that is not there.
  public let status: Int?
  /// What is wrong, and what helps.
  public let reason: String

  init(_ kind: Kind, _ url: String, status: Int? = nil, _ reason: String) {
    (self.kind, self.url, self.status, self.reason) = (kind, url, status, reason)
  }

  /// One line with the URL and the reason.
  public var description: String { "\(url): \(reason)" }
}
