/// How the colour between pixels is found, as torchvision's InterpolationMode.
public enum InterpolationMode: String, Sendable, Hashable, CaseIterable {
  case nearest
  case nearestExact = "nearest-exact"
  case bilinear
  case bicubic
  case box
  case hamming
  case lanczos
}
