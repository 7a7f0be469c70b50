import Torch

/// Loads a file of `torch.save` from a URL, as torch.hub.load_state_dict_from_url: fetched once, then found in a folder.
///
/// ```swift
/// let state = try loadStateDictFromURL("https://download.pytorch.org/models/resnet18-f37072fd.pth", checkHash: true)
/// try model.loadStateDict(state)
/// ```
///
/// Tensors come to the processor's memory unless `mapLocation` says otherwise. A file that was packed into a zip file of
/// its own, as large ones were before torch 1.6, is read all the same.
/// - Parameters:
///   - url: an `http:`, `https:` or `file:` URL. A plain path is read where it lies.
///   - mapLocation: where the tensors shall live, as in `Torch.load`.
///   - modelDir: the folder, made where there is none; `checkpoints` in ``Hub/dir`` unless told.
///   - progress: whether a bar is drawn on standard error, where that is a terminal.
///   - checkHash: whether a file that is fetched must have the SHA-256 whose beginning its name carries, as in
///     `resnet18-f37072fd.pth`. As in torch, a name without one, and a file that is there already, are not checked.
///   - sha256: the SHA-256 or a beginning of it, of 8 hex digits at least: checked always, also of a file that is there already.
///   - fileName: the name in the folder; the last part of the URL's path unless told.
///   - weightsOnly: as in `Torch.load`: with true, as unless told, only plain weights are read;
///     torch's own default here is false, which runs code from the file.
/// - Throws: ``HubError`` for what cannot be fetched, `CheckpointError` for a file that is no checkpoint.
public func loadStateDictFromURL(
  _ url: String, modelDir: String? = nil, mapLocation: MapLocation = .cpu, progress: Bool = true,
  checkHash: Bool = false, sha256: String? = nil, fileName: String? = nil, weightsOnly: Bool = true
) throws -> Checkpoint {
  let wanted = sha256?.lowercased()
  if let wanted, !(8...64 ~= wanted.utf8.count) || !wanted.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }) {
    throw HubError(.wrongHash, url, "sha256 is \"\(wanted.prefix(80))\", not 8 to 64 hex digits")
  }
  let path = try cachedFile(url, modelDir, progress, checkHash, wanted, fileName)
  return try loadUnwrapping(path, mapLocation: mapLocation, weightsOnly: weightsOnly)
}

/// The path of the file, fetched where it was not there.
private func cachedFile(
  _ url: String, _ modelDir: String?, _ progress: Bool, _ checkHash: Bool, _ sha256: String?, _ fileName: String?
) throws(HubError) -> String {
  func check(_ path: String) throws(HubError) {
    guard let sha256 else { return }
    let digest = try PartFile.digest(of: path, url: url, .sha256)
    guard digest.hasPrefix(sha256) else {
      throw HubError(
        .wrongHash, url,
        "the SHA-256 of \(path) is \(digest), it should begin with \(sha256); remove it to fetch it anew")
    }
  }
  if case .path(let path) = try HubLocation(url) {
    let path = Folder.expanded(path)
    try check(path)
    return path
  }
  let name = try HubLocation.checkedName(fileName ?? HubLocation.name(of: url), of: url)
  let folder = modelDir.map(Folder.expanded) ?? Folder.join(Hub.dir, "checkpoints")
  do {
    try Folder.make(folder)
  } catch {
    throw HubError(.system, url, "the folder \(folder) cannot be made: \(error.message)")
  }
  let path = Folder.join(folder, name)
  if Folder.exists(path) {
    try check(path)
    return path
  }
  let prefix = sha256 ?? (checkHash ? Hub.hashPrefix(of: name) : nil)
  let sum = prefix.map { FileSum(kind: .sha256, prefix: $0) }
  try Download(url, to: path, sum: sum, progress: progress).run()
  return path
}
