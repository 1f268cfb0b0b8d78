using System.Xml;
using System.Xml.Linq;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>What the formats in XML have in common.</summary>
internal static class XmlFile
{
    public static XElement Parse(ImportSource source, string root)
    {
        XElement? element;
        try
        {
            using var reader = XmlReader.Create(new StringReader(source.Text.TrimStart('\uFEFF')), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            element = XDocument.Load(reader, LoadOptions.SetLineInfo).Root;
        }
        catch (XmlException e)
        {
            throw new BadInputException($"{source.File}, line {e.LineNumber}: this is not XML: {e.Message}", e);
        }
        if (element is null || element.Name.LocalName != root)
            throw source.Bad($"the root element is {element?.Name.LocalName ?? "missing"}, where {root} is needed.");
        return element;
    }

    /// <summary>Where an element stands, for messages.</summary>
    public static string Where(ImportSource source, XElement element) => $"{source.File}, line {((IXmlLineInfo)element).LineNumber}, {element.Name.LocalName}";

    /// <summary>Numbers between blanks.</summary>
    public static double[] Numbers(ImportSource source, XElement element, int count) =>
        Xyz.Numbers(element.Value.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries), count, Where(source, element));

    /// <summary>The text of a document, with its first line.</summary>
    public static string Text(XElement root) => "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + root.ToString().ReplaceLineEndings("\n") + "\n";
}
