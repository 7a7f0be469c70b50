import Torch
import TorchHub

/// Where a data set's files come from.
struct DatasetShelf: Sendable {
  /// The data set, as `CIFAR10`.
  let dataset: String
  /// The folders on the net that have the files, the first one to be asked first.
  let mirrors: [String]
  /// The MD5 of files that are others than the true ones: those of tests.
  var sums: [String: String] = [:]
  let progress: Bool

  func urls(_ file: DatasetFile) -> [String] { mirrors.map { Folder.join($0, file.name) } }

  /// What to do where a file cannot be fetched.
  func byHand(_ file: DatasetFile, _ folder: String) -> String {
    "put \(file.name) from \(urls(file).joined(separator: " or ")) into \(folder) by hand"
  }

  func error(_ kind: DatasetError.Kind, _ path: String, _ reason: String) -> DatasetError {
    DatasetError(kind, dataset, path, reason)
  }

  private func md5(of file: DatasetFile) -> String { sums[file.name] ?? file.md5 }

  /// Whether the file is in a folder, and has the right MD5.
  func hasWhole(_ file: DatasetFile, in folder: String) throws(DatasetError) -> Bool {
    let path = Folder.join(folder, file.name)
    guard Folder.isFile(path) else { return false }
    do {
      return try Hub.md5(of: path) == md5(of: file)
    } catch {
      throw self.error(.system, path, error.reason)
    }
  }

  /// Fetches a file, unless it is there and whole; one that is not is replaced.
  ///
  /// A download that broke off goes on where it stopped. What comes with another MD5 does not stay.
  /// - Throws: ``DatasetError`` with what each host answered, or what the system refused.
  func fetch(_ file: DatasetFile, into folder: String) throws(DatasetError) {
    let path = Folder.join(folder, file.name)
    do {
      try Folder.make(folder)
    } catch {
      throw self.error(.system, folder, "cannot be made: \(error.message)")
    }
    if try hasWhole(file, in: folder) { return }
    var answers: [String] = []
    for url in urls(file) {
      do {
        return try Hub.downloadURL(url, to: path, md5: md5(of: file), progress: progress)
      } catch {
        // What the system refuses here, another host would not help with.
        if error.kind == .system, Self.isOnNet(url) { throw self.error(.system, path, error.reason) }
        answers.append(error.description)
      }
    }
    if answers.isEmpty { answers = ["no mirror is given"] }
    throw self.error(
      .download, path,
      "cannot be fetched; \(answers.joined(separator: "; ")). Without a connection, \(byHand(file, folder))")
  }

  private static func isOnNet(_ url: String) -> Bool {
    if case .http? = try? HubLocation(url) { return true }
    return false
  }
}

/// A file that a data set is fetched as: its name and the sum of its bytes.
struct DatasetFile: Sendable {
  let name: String
  let md5: String
}
