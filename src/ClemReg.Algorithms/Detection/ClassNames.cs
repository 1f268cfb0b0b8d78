using System.Globalization;
using System.Text;

namespace ClemReg.Algorithms.Detection;

/// <summary>The names of a network's classes as models hold them: a Python dictionary or list as text, as Ultralytics writes it.</summary>
public static class ClassNames
{
    private const int MostClasses = 10_000;

    /// <summary>Reads {0: 'mito', 1: 'nucleus'} or ['mito', 'nucleus']; JSON's quotes do as well.</summary>
    /// <returns>The names by class; null where the text is neither, or leaves out a class.</returns>
    public static IReadOnlyList<string>? Read(string text)
    {
        text = text.Trim();
        if (text.Length < 2 || !(text[0] == '{' && text[^1] == '}' || text[0] == '[' && text[^1] == ']')) return null;
        bool keyed = text[0] == '{';
        var names = new SortedDictionary<int, string>();
        int at = 1, end = text.Length - 1;
        while (true)
        {
            Blank();
            if (at == end) break;
            int key = names.Count;
            if (keyed)
            {
                int from = at;
                while (at < end && text[at] != ':') at++;
                if (at == end || !int.TryParse(text[from..at].Trim().Trim('\'', '"'), NumberStyles.None, CultureInfo.InvariantCulture, out key) || key >= MostClasses) return null;
                at++;
                Blank();
            }
            if (at >= end || text[at] is not ('\'' or '"') || Quoted() is not { } name) return null;
            names[key] = name;
            Blank();
            if (at < end && text[at] == ',') at++;
            else if (at < end) return null;
        }
        return names.Count > 0 && names.Keys.SequenceEqual(Enumerable.Range(0, names.Count)) ? [.. names.Values] : null;

        void Blank()
        {
            while (at < end && char.IsWhiteSpace(text[at])) at++;
        }

        string? Quoted()
        {
            char quote = text[at++];
            var name = new StringBuilder();
            for (; at < end; at++)
            {
                if (text[at] == quote)
                {
                    at++;
                    return name.ToString();
                }
                name.Append(text[at] == '\\' && at + 1 < end ? text[++at] : text[at]);
            }
            return null;
        }
    }
}
