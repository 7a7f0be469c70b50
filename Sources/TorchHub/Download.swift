import Foundation
import Synchronization
import Torch
import TorchUtils

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension Hub {
  /// Fetches a file, as torch.hub.download_url_to_file; what is at `path` is replaced in one step, when the new file is whole.
  ///
  /// The file grows as `PATH.part`. A download that breaks off is taken up again where it stopped, in this call or a later
  /// one, if the host still has the same version. Programs that want the same file at the same time wait for the first.
  /// - Parameters:
  ///   - url: an `http:`, `https:` or `file:` URL, or a plain path. A redirect from https to http is not followed.
  ///   - path: where the file shall be; a leading `~` is the home folder, the folder must exist.
  ///   - hashPrefix: how the file's SHA-256 begins, in hex digits; nil, as unless told, for no check.
  ///   - progress: whether a bar is drawn on standard error, where that is a terminal.
  /// - Throws: ``HubError``.
  public static func downloadURL(
    _ url: String, to path: String, hashPrefix: String? = nil, progress: Bool = true
  ) throws(HubError) {
    let sum = hashPrefix.map { FileSum(kind: .sha256, prefix: $0) }
    try Download(url, to: Folder.expanded(path), sum: sum, progress: progress).run()
  }

  /// The same for files that are known by their MD5.
  package static func downloadURL(_ url: String, to path: String, md5: String, progress: Bool) throws(HubError) {
    try Download(url, to: Folder.expanded(path), sum: FileSum(kind: .md5, prefix: md5), progress: progress).run()
  }
}

/// What the bytes of a file must give.
struct FileSum {
  enum Kind: String {
    case sha256 = "SHA-256"
    case md5 = "MD5"
  }

  let kind: Kind
  /// How it begins, in hex digits of lower case.
  let prefix: String

  init(kind: Kind, prefix: String) { (self.kind, self.prefix) = (kind, prefix.lowercased()) }

  func refusal(of digest: String, _ url: String, _ what: String) -> HubError {
    let wanted = kind == .md5 ? "be" : "begin with"
    return HubError(
      .wrongHash, url, "the file's \(kind.rawValue) is \(digest), it should \(wanted) \(prefix); \(what)")
  }
}

/// Fetching one file.
package struct Download {
  let url: String
  let target: String
  let sum: FileSum?
  let showsProgress: Bool
  /// Connections that may fail one after the other without a byte coming through.
  private static let attempts = 5
  /// Connections in all, for a host that gives a byte each time.
  private static let connections = 100
  /// Seconds before the second attempt; each wait is twice the one before. Tests do not wait as long.
  package static let firstWait = Mutex(0.5)

  init(_ url: String, to target: String, sum: FileSum?, progress: Bool) {
    (self.url, self.target, self.sum, showsProgress) = (url, target, sum, progress)
  }

  func run() throws(HubError) {
    let location = try HubLocation(url)
    guard let part = try PartFile.claim(target: target, url: url) else {
      // Another program brought the file while this one waited.
      guard let sum else { return }
      let digest = try PartFile.digest(of: target, url: url, sum.kind)
      if !digest.hasPrefix(sum.prefix) { throw sum.refusal(of: digest, url, "another program put it at \(target)") }
      return
    }
    var isResumed = part.size > 0
    while true {
      switch location {
      case .path(let path), .file(let path): try copy(Folder.expanded(path), to: part)
      case .http(let address): try fetch(address, to: part)
      }
      guard let sum else { break }
      let digest = try part.digest(sum.kind)
      if digest.hasPrefix(sum.prefix) { break }
      // What an earlier run left may have been damaged since.
      guard isResumed else {
        part.remove()
        throw sum.refusal(of: digest, url, "it was thrown away")
      }
      isResumed = false
      try part.restart(validator: nil)
    }
    try part.finish()
  }

  // MARK: Files

  private func copy(_ path: String, to part: PartFile) throws(HubError) {
    do {
      let file = try InputFile(path)
      try part.restart(validator: nil)
      try file.forEachPiece { try part.append($0) }
    } catch {
      part.remove()
      throw error as? HubError ?? HubError(.system, url, "\(path) cannot be read: \(error.systemMessage)")
    }
  }

  // MARK: HTTP

  private func fetch(_ address: URL, to part: PartFile) throws(HubError) {
    var failures = 0, connections = 0, furthest = part.size
    var wait = Self.firstWait.withLock { $0 }
    let meter = ByteMeter(showsProgress, name: Folder.name(of: target))
    defer { meter.finish() }
    while true {
      do {
        return try attempt(address, part, meter)
      } catch {
        connections += 1
        // Only bytes that can stay are a step forward.
        let isForward = part.size > furthest && part.validator != nil
        furthest = max(furthest, part.size)
        failures = isForward ? 1 : failures + 1
        if isForward { wait = Self.firstWait.withLock { $0 } }
        guard error.canRetry, failures < Self.attempts, connections < Self.connections else {
          // Without a validator nobody can go on with it.
          if part.size == 0 || part.validator == nil { part.remove() }
          throw error.error
        }
        // Bytes that cannot be told to be of the same version are of no use.
        if part.validator == nil && part.size > 0 { try part.restart(validator: nil) }
        Thread.sleep(forTimeInterval: wait)
        wait = min(wait * 2, 8)
      }
    }
  }

  /// A failure of one connection.
  private struct Failure: Error {
    var error: HubError
    var canRetry: Bool
  }

  private func attempt(_ address: URL, _ part: PartFile, _ meter: ByteMeter) throws(Failure) {
    var request = URLRequest(url: address)
    request.setValue("swift-torch", forHTTPHeaderField: "User-Agent")
    // Weights do not pack, and lengths and ranges are those of the file itself.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if part.size > 0, let validator = part.validator {
      request.setValue("bytes=\(part.size)-", forHTTPHeaderField: "Range")
      request.setValue(validator, forHTTPHeaderField: "If-Range")
    }
    var expected: Int?
    let transfer = HTTPTransfer(request) { response in
      expected = try begin(response, part, asked: request.value(forHTTPHeaderField: "Range") != nil)
      meter.start(total: expected, done: part.size)
    } onData: { bytes in
      if let expected, part.size + bytes.count > expected {
        throw Failure(
          error: HubError(.wrongLength, url, "more than the \(expected) bytes that were announced came"),
          canRetry: false)
      }
      try part.append(bytes)
      meter.set(part.size)
    }
    do {
      try transfer.run()
    } catch let error as Failure {
      throw error
    } catch let error as HubError {
      throw Failure(error: error, canRetry: false)
    } catch {
      throw failure(error, address, part)
    }
    if let expected, part.size != expected {
      throw Failure(
        error: HubError(.wrongLength, url, "the connection ended after \(part.size) of \(expected) bytes"),
        canRetry: true)
    }
  }

  /// Looks at the head of an answer and makes the part ready; gives the length of the whole file, where it is told.
  private func begin(_ response: HTTPURLResponse, _ part: PartFile, asked: Bool) throws -> Int? {
    func header(_ name: String) -> String? { response.value(forHTTPHeaderField: name) }
    let isPacked = header("Content-Encoding").map { !$0.isEmpty && $0.lowercased() != "identity" } ?? false
    let length = isPacked ? nil : header("Content-Length").flatMap(Self.size)
    switch response.statusCode {
    case 206 where asked:
      guard let range = header("Content-Range").flatMap(ContentRange.init), range.start == part.size, !isPacked else {
        try part.restart(validator: nil)
        throw Failure(
          error: HubError(.http, url, status: 206, "the host sent another part than was asked for"), canRetry: true)
      }
      return range.total ?? length.map { part.size + $0 }
    case 200:
      try part.restart(validator: Self.validator(of: response))
      return length
    case 416 where asked:
      // What is there is no beginning of what the host has now.
      try part.restart(validator: nil)
      throw Failure(
        error: HubError(.http, url, status: 416, "the host has no more bytes than are here"), canRetry: true)
    case let status:
      let isBusy = [408, 425, 429, 500, 502, 503, 504].contains(status)
      throw Failure(error: HubError(.http, url, status: status, Self.meaning(of: status, target)), canRetry: isBusy)
    }
  }

  /// A number of bytes that a file can have, so that sums of them cannot overflow.
  fileprivate static func size(_ text: String) -> Int? {
    Int(text).flatMap { 0...(1 << 60) ~= $0 ? $0 : nil }
  }

  /// What stands for one version of a file: an entity tag of the strong kind, else the date of its last change.
  private static func validator(of response: HTTPURLResponse) -> String? {
    if let tag = response.value(forHTTPHeaderField: "ETag"), tag.hasPrefix("\"") { return tag }
    return response.value(forHTTPHeaderField: "Last-Modified").flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func meaning(of status: Int, _ target: String) -> String {
    let place = "or put the file at \(target) by other means"
    switch status {
    case 401, 403: return "the host refuses it (HTTP \(status)): it wants a login or does not know the file; \(place)"
    case 404, 410: return "the host has no such file (HTTP \(status)): check the URL, \(place)"
    case 300..<400: return "the host points somewhere that is not followed (HTTP \(status)), as from https to http"
    case 408, 429, 503: return "the host is too busy (HTTP \(status)): try again later, \(place)"
    case 500...: return "the host is in trouble (HTTP \(status)): try again later, \(place)"
    default: return "the host answered HTTP \(status) instead of the file"
    }
  }

  /// A connection that failed, in words.
  private func failure(_ error: any Error, _ address: URL, _ part: PartFile) -> Failure {
    let host = address.host ?? "the host"
    let remedy = "put the file at \(target) by other means, or try again with a connection"
    guard let code = (error as? URLError)?.code else {
      return Failure(
        error: HubError(.unreachable, url, "\(host) cannot be reached: \(error.localizedDescription); \(remedy)"),
        canRetry: false)
    }
    func unreachable(_ what: String, canRetry: Bool) -> Failure {
      Failure(error: HubError(.unreachable, url, "\(host) cannot be reached: \(what); \(remedy)"), canRetry: canRetry)
    }
    switch code {
    case .cannotFindHost, .dnsLookupFailed: return unreachable("no address is known for it", canRetry: false)
    case .notConnectedToInternet: return unreachable("there is no network", canRetry: false)
    // A host that was there a moment ago may come back.
    case .cannotConnectToHost: return unreachable("it takes no connection", canRetry: part.size > 0)
    case .timedOut: return unreachable("it does not answer", canRetry: true)
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected:
      return unreachable("the safe connection failed (\(error.localizedDescription))", canRetry: false)
    case .httpTooManyRedirects:
      return Failure(error: HubError(.http, url, "the host points in a circle"), canRetry: false)
    default:
      return Failure(
        error: HubError(
          .unreachable, url,
          "the connection to \(host) broke after \(part.size) bytes; what is there is kept: try again to go on"),
        canRetry: true)
    }
  }
}

/// `bytes 5-9/10`, or with `*` for an unknown total.
private struct ContentRange {
  var start: Int
  var total: Int?

  init?(_ text: String) {
    let parts = text.split(whereSeparator: { " -/".contains($0) }).map(String.init)
    guard parts.count == 4, parts[0].lowercased() == "bytes", let start = Download.size(parts[1]),
      let end = Download.size(parts[2]), start <= end
    else { return nil }
    self.start = start
    if parts[3] == "*" { return }
    guard let total = Download.size(parts[3]), total == end + 1 else { return nil }
    self.total = total
  }
}

/// The bar of a download, where one is wanted and there is a terminal.
private final class ByteMeter {
  private let name: String
  private let isShown: Bool
  private var meter: ProgressMeter?
  private var shown = 0

  init(_ wanted: Bool, name: String) {
    self.name = name
    isShown = wanted && Terminal.standardError.isInteractive
  }

  func start(total: Int?, done: Int) {
    guard isShown, meter == nil else { return set(done) }
    meter = ProgressMeter(name, total: total, unit: "B", terminal: .standardError)
    set(done)
  }

  func set(_ done: Int) {
    meter?.advance(by: done - shown)
    shown = meter == nil ? 0 : done
  }

  func finish() { meter?.finish() }
}
