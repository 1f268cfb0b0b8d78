using ClemReg.Algorithms;

namespace ClemReg.Bridge;

/// <summary>What Java hears of an exception: the number of its <see cref="ErrorKind"/> on the first line, and the message.</summary>
public static class FailureText
{
    /// <summary>The text about an exception. Never throws.</summary>
    public static string Of(Exception e)
    {
        try
        {
            return Describe(e);
        }
        catch (Exception)
        {
            return $"{(int)ErrorKind.Internal}\nAn error that could not be described.";
        }
    }

    private static string Describe(Exception e)
    {
        while (e is AggregateException { InnerException: { } inner }) e = inner;
        return e switch
        {
            ClemRegException known => $"{(int)known.Kind}\n{known.Message}",
            OperationCanceledException => $"{(int)ErrorKind.Cancelled}\nCancelled.",
            OutOfMemoryException => $"{(int)ErrorKind.OutOfMemory}\nThere is not enough memory. Close other programs, crop or bin the images.",
            ObjectDisposedException => $"{(int)ErrorKind.NotFound}\nThe object was released while it was in use.",
            _ => $"{(int)ErrorKind.Internal}\n{e.GetType().Name}: {e.Message}\n{e.StackTrace}",
        };
    }
}
