/** A delivery report of a server that says little: nothing of the message, and no address. */
export const bareReport = (id: string) => `From: MAILER-DAEMON@mx.example.net\r
Message-ID: <${id}@mx.example.net>\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.net\r
\r
Final-Recipient: rfc822; unknown\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
--b--\r
`;
