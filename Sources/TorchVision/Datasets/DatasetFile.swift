import Torch
import TorchHub

/// A file that a data set is fetched as: its name, its sum and where it lies on the net.
struct DatasetFile: Sendable {
  let dataset: String
  let name: String
  let md5: String
  /// The hosts that have it, the first one to be asked first.
  let urls: [String]

  /// What to do where it cannot be fetched.
  func byHand(_ folder: String) -> String {
    "put \(name) from \(urls.joined(separator: " or ")) into \(folder) by hand"
  }

  /// Fetches the file, unless it is there and whole. A download that broke off goes on where it stopped.
  /// - Throws: ``DatasetError`` with what each host answered.
  func fetch(into folder: String, progress: Bool) throws(DatasetError) {
    let path = Folder.join(folder, name)
    do {
      try Folder.make(folder)
    } catch {
      throw DatasetError(.system, dataset, folder, "cannot be made: \(error.message)")
    }
    if Folder.isFile(path), try sum(of: path) == md5 { return }
    var answers: [String] = []
    for url in urls {
      do {
        try Hub.downloadURL(url, to: path, progress: progress)
      } catch {
        answers.append(error.description)
        continue
      }
      let found = try sum(of: path)
      if found == md5 { return }
      answers.append("\(url): has another MD5, \(found) instead of \(md5)")
    }
    throw DatasetError(
      .download, dataset, path,
      "cannot be fetched; \(answers.joined(separator: "; ")). Without a connection, \(byHand(folder))")
  }

  private func sum(of path: String) throws(DatasetError) -> String {
    do {
      return try Hub.md5(of: path)
    } catch {
      throw DatasetError(.system, dataset, path, error.reason)
    }
  }
}
