// What the person who started the program reads when it stops by itself.
import Assistant
import Testing

@testable import WebexAssistant

@Suite struct ProgramErrorTests {
  @Test("a refused token is one line that names the setting and where its value came from")
  func unauthorized() {
    var settings = Settings()
    settings.origins[.webexAPIToken] = .dotEnv(line: 3)
    let error = ProgramError(
      AssistantError(.unauthorized, "Webex refused the token", cause: nil), settings: settings)
    #expect(
      error.sentence
        == "Webex refused the token (401): check WEBEX_API_TOKEN (.env line 3)")
    #expect(error.exitStatus == 77)
  }

  @Test("another process on the same registration is told with what to do")
  func replaced() {
    var settings = Settings()
    settings.deviceName = "desk"
    let error = ProgramError(AssistantError(.replaced, "replaced"), settings: settings)
    #expect(error.sentence.contains("\"desk\""))
    #expect(error.sentence.contains("DEVICE_NAME"))
    #expect(error.exitStatus == 1)
  }

  @Test("a sentence that was already chosen stays as it is")
  func passedThrough() {
    let error = ProgramError(
      ProgramError.addressInUse("127.0.0.1:80", setting: "--port"), settings: Settings())
    #expect(error.sentence.hasPrefix("127.0.0.1:80 is already in use"))
    #expect(error.exitStatus == 69)
  }
}
