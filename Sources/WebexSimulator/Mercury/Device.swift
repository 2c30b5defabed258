// One WDM registration, and its body as WDM answers it.

struct Device: Sendable {
  let id: String
  let registration: String
  let ownerUUID: String
  let orgUUID: String
  /// The client's fields, sent back as they came.
  var fields: JSON
  let created: Timestamp
  var modified: Timestamp

  func json(baseURL: String, authority: String, withServices: Bool) -> JSON {
    func field(_ key: String) -> JSON { fields[key] ?? "" }
    return .compact([
      "url": .string("\(baseURL)/wdm/api/v1/devices/\(id)"),
      "webSocketUrl": .string(
        "ws://\(authority)/v1/apps/wx2/registrations/\(registration)/messages"),
      "userId": .string(ownerUUID),
      "orgId": .string(orgUUID),
      "deviceName": field("deviceName"),
      "deviceType": field("deviceType"),
      "name": field("name"),
      "model": field("model"),
      "localizedModel": field("localizedModel"),
      "systemName": field("systemName"),
      "systemVersion": field("systemVersion"),
      "capabilities": fields["capabilities"] ?? [
        "groupCallSupported": false, "localNotificationSupported": false,
        "deleteNotificationSupported": false, "sdpSupported": false,
      ],
      "features": [
        "developer": [], "user": [],
        "entitlement": [
          [
            "key": "webex-squared", "type": "boolean", "val": "true", "value": true,
            "mutable": false, "lastModified": .string(created.iso),
          ]
        ],
      ],
      "creationTime": .string(created.iso),
      "modificationTime": .string(modified.iso),
      "deviceSettings": [:],
      "deviceSettingsString": "{}",
      "showSupportText": false,
      "reportingSiteUrl": "",
      "reportingSiteDesc": "",
      "isDeviceManaged": false,
      "trainSiteNames": [],
      "clientSecurityPolicy": "on",
      "intranetInactivityCheckUrl": "",
      "blockExternalCommunications": false,
      "clientMessagingGiphy": "ALLOW",
      "clientMessagingLinkPreview": "ALLOW",
      "callingBehavior": "NATIVE_WEBEX_TEAMS_CALLING",
      "peopleInsightsEnabled": false,
      "settings": ["clientSecurityPolicy": "on", "reactionsEnabled": true],
      "services": withServices
        ? [
          "conversationServiceUrl": .string("\(baseURL)/conversation/api/v1"),
          "hydraServiceUrl": .string("\(baseURL)/v1"),
        ] : nil,
      "serviceHostMap": withServices
        ? [
          "serviceLinks": [
            "conversation": .string("\(baseURL)/conversation/api/v1"),
            "wdm": .string("\(baseURL)/wdm/api/v1"),
          ]
        ] : nil,
    ])
  }
}
