// Messages to bytes (RFC 6455 §5.2). One frame per message: nothing that we send is long.

package enum WebSocketEncoder {
  /// One frame.
  ///
  /// - Parameters:
  ///   - payload: at most 125 bytes for control frames.
  ///   - maskingKey: fresh and unpredictable for every frame of a client (§5.3); nil for a server.
  package static func frame(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], isFinal: Bool = true, maskingKey: UInt32?
  ) -> [UInt8] {
    payload.withUnsafeBytes {
      frame(opcode, bytes: $0, isFinal: isFinal, maskingKey: maskingKey)
    }
  }

  package static func frame(
    _ opcode: WebSocketOpcode, bytes payload: UnsafeRawBufferPointer, isFinal: Bool = true,
    maskingKey: UInt32?
  ) -> [UInt8] {
    precondition(!opcode.isControl || (payload.count <= 125 && isFinal), "RFC 6455 §5.5")
    let extra = payload.count < 126 ? 0 : payload.count < 65536 ? 2 : 8
    let headerLength = 2 + extra + (maskingKey == nil ? 0 : 4)
    return [UInt8](unsafeUninitializedCapacity: headerLength + payload.count) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw[0] = (isFinal ? 0x80 : 0) | opcode.rawValue
      let masked: UInt8 = maskingKey == nil ? 0 : 0x80
      switch extra {
      case 0: raw[1] = masked | UInt8(payload.count)
      case 2:
        raw[1] = masked | 126
        raw.storeBytes(of: UInt16(payload.count).bigEndian, toByteOffset: 2, as: UInt16.self)
      default:
        raw[1] = masked | 127
        raw.storeBytes(of: UInt64(payload.count).bigEndian, toByteOffset: 2, as: UInt64.self)
      }
      let body = UnsafeMutableRawBufferPointer(rebasing: raw[headerLength...])
      body.copyMemory(from: payload)
      if let maskingKey {
        raw.storeBytes(of: maskingKey, toByteOffset: 2 + extra, as: UInt32.self)
        WebSocketMask.apply(key: maskingKey, phase: 0, to: body)
      }
      count = headerLength + payload.count
    }
  }

  /// The body of a close frame; the reason is cut at a character to fit into 123 bytes.
  package static func closePayload(code: Int, reason: String) -> [UInt8] {
    precondition(WebSocketCloseCode.isSendable(code), "RFC 6455 §7.4")
    var text = ""
    var size = 0
    for character in reason.unicodeScalars {
      size += String(character).utf8.count
      guard size <= 123 else { break }
      text.unicodeScalars.append(character)
    }
    return [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(text.utf8)
  }
}
