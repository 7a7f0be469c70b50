import Foundation

/// What a caller means by a URL: a file of this machine or one behind HTTP.
package enum HubLocation {
  /// A path, as the caller wrote it.
  case path(String)
  /// A path that a `file:` URL names.
  case file(String)
  case http(URL)

  package init(_ text: String) throws(HubError) {
    let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    guard !scheme.isEmpty, text.dropFirst(scheme.count).first == ":" else {
      guard !text.isEmpty else { throw HubError(.badURL, text, "the URL is empty") }
      self = .path(text)
      return
    }
    guard ["http", "https", "file"].contains(scheme.lowercased()) else {
      throw HubError(.badURL, text, "the scheme \(scheme) is not read here: only http, https, file and plain paths")
    }
    guard let url = URL(string: text) else {
      throw HubError(.badURL, text, "is no URL: it has a letter that must be written as %XX")
    }
    if scheme.lowercased() == "file" {
      let host = url.host ?? ""
      guard host.isEmpty || host == "localhost", !url.path.isEmpty else {
        throw HubError(.badURL, text, "names a file of another machine; file:///PATH is one of this")
      }
      self = .file(url.path)
      return
    }
    guard let host = url.host, !host.isEmpty else { throw HubError(.badURL, text, "names no host") }
    self = .http(url)
  }

  /// The name under which torch.hub keeps the file: the path's last part, `%` sequences as they are.
  package static func name(of text: String) -> String {
    var path = text[...]
    if let scheme = path.range(of: "://") {
      // The host is no name, nor is what asks something of it.
      path = path[scheme.upperBound...]
      path = path[(path.firstIndex { "/?#".contains($0) } ?? path.endIndex)...]
      path = path.prefix { $0 != "?" && $0 != "#" }
    }
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    // Python's urlparse takes what follows a semicolon for parameters.
    return String(name.prefix { $0 != ";" })
  }

  /// A name that stays in its folder.
  package static func checkedName(_ name: String, of url: String) throws(HubError) -> String {
    let hasBadByte = name.utf8.contains {
      $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
    }
    guard !name.isEmpty, name != ".", name != "..", !hasBadByte, name.utf8.count <= 240 else {
      throw HubError(
        .badURL, url,
        "gives no name for the file that can stand in a folder: \"\(name.prefix(60))\"; choose one by fileName:")
    }
    return name
  }
}
